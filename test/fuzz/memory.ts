import { eventually } from '../support/eventually.ts';
import type { Gitkube } from '../support/gitkube.ts';

/** Has the server report its memory when it is asked to: `NODE_OPTIONS` of a server that is measured. */
export const reporting = `--import=${import.meta.dirname}/report-memory.ts`;

/** Megabytes that are in use after a garbage collection, its buffers included. */
export async function usedMegabytes(gitkube: Gitkube): Promise<number> {
  const before = reports(gitkube).length;
  process.kill(gitkube.pid, 'SIGUSR2');
  const [report] = await eventually(async () => {
    const found = reports(gitkube).slice(before);
    return found.length > 0 && found;
  });
  return report ?? 0;
}

function reports({ log }: Gitkube): number[] {
  return log.flatMap((line) => {
    const { msg, used } = JSON.parse(line) as { msg: string; used?: number };
    return msg === 'memory' && used !== undefined ? [used] : [];
  });
}
