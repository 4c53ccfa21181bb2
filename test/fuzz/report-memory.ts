import { usedHeap } from '../support/used-heap.ts';

/** Loaded into a server before its own code: at SIGUSR2 it logs what is in use after a garbage collection. */
process.on('SIGUSR2', () => {
  usedHeap();
  // What was collected may have held more.
  const heap = usedHeap();
  const { arrayBuffers } = process.memoryUsage();
  const used = Math.round((heap + arrayBuffers) / 1024 ** 2);
  process.stdout.write(`${JSON.stringify({ msg: 'memory', used })}\n`);
});
