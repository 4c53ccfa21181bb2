import { describe, expect, it } from 'vitest';
import { environmentOf } from './environment.ts';
import { PushQueue } from './queue.ts';

const { signal } = new AbortController();

/** A queue whose pushes end on request. */
class Lab {
  readonly queue: PushQueue;
  /** Of all pushes that have had their turn, in that order. */
  readonly started: string[] = [];
  readonly waits = new Map<string, string[]>();
  readonly #leave = new Map<string, () => void>();

  constructor(places: number) {
    this.queue = new PushQueue(places);
  }

  /** @param name `namespace/remote`, or `namespace/remote/branch` */
  async push(name: string): Promise<void> {
    const [namespace = '', remote = '', branch = 'main'] = name.split('/');
    const waits: string[] = [];
    this.waits.set(name, waits);
    const who = {
      environment: environmentOf({ namespace, uid: `${namespace}/${remote}` }),
      branch,
      deploys: true,
      label: name,
    };
    const turn = this.queue.enter({ ...who, signal, onWait: (reason) => waits.push(reason) });
    void turn.then((leave) => {
      this.started.push(name);
      this.#leave.set(name, leave);
    });
    await settled();
  }

  async pushAll(namespace: string, count: number): Promise<void> {
    for (let i = 1; i <= count; i++) await this.push(`${namespace}/${i}`);
  }

  async end(name: string): Promise<void> {
    this.#leave.get(name)?.();
    this.#leave.delete(name);
    await settled();
  }

  /** Ends what runs, the oldest first, as many times as it takes. */
  async endAll(): Promise<void> {
    for (let [oldest] = this.#leave.keys(); oldest; [oldest] = this.#leave.keys()) await this.end(oldest);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('between namespaces', () => {
  it("the one push of a namespace takes the first place that 200 of another one's leave", async () => {
    const lab = new Lab(4);
    await lab.pushAll('a', 200);
    await lab.push('b/1');
    await lab.end('a/1');
    expect(lab.started).toEqual(['a/1', 'a/2', 'a/3', 'a/4', 'b/1']);
  });

  it('a namespace that is alone has every place', async () => {
    const lab = new Lab(4);
    await lab.pushAll('a', 200);
    expect(lab.queue.running).toBe(4);
    await lab.endAll();
    expect(lab.started).toHaveLength(200);
  });

  it('places are shared evenly, whichever push came first', async () => {
    const lab = new Lab(4);
    await lab.pushAll('a', 20);
    await lab.pushAll('b', 20);
    for (const name of ['a/1', 'a/2', 'a/3', 'a/4']) await lab.end(name);
    expect(lab.started.slice(4)).toEqual(['b/1', 'b/2', 'a/5', 'a/6']);
    await lab.endAll();
    expect(lab.started).toHaveLength(40);
  });

  it('a namespace with many pushes has its turn although others come again and again', async () => {
    const lab = new Lab(1);
    await lab.pushAll('many', 6);
    await lab.push('b/1');
    await lab.push('c/1');
    for (let round = 1; round <= 4; round++) {
      const running = lab.started.at(-1) ?? '';
      await lab.end(running);
      await lab.push(`b/again-${round}`);
      await lab.push(`c/again-${round}`);
    }
    expect(lab.started).toEqual(['many/1', 'b/1', 'c/1', 'many/2', 'b/again-1']);
  });

  it('a namespace whose pushes come one by one has no more turns than one with many that wait', async () => {
    const lab = new Lab(1);
    await lab.pushAll('a', 9);
    await lab.pushAll('b', 9);
    for (let turn = 0; turn < 9; turn++) {
      await lab.push(`c/${turn}`);
      await lab.end(lab.started.at(-1) ?? '');
    }
    const turnsOf = (namespace: string) => lab.started.slice(1).filter((name) => name.startsWith(namespace)).length;
    expect(['a', 'b', 'c'].map(turnsOf)).toEqual([3, 3, 3]);
  });

  it('work other than pushes counts as a place of its namespace, too', async () => {
    const lab = new Lab(2);
    const end = lab.queue.tryEnter({ environment: environmentOf({ namespace: 'a', uid: 'a/drift' }), label: '' });
    await lab.push('b/1');
    await lab.push('a/1');
    await lab.push('b/2');
    await lab.end('b/1');
    expect(lab.started).toEqual(['b/1', 'b/2']);
    end?.();
  });
});

it('the pushes of one namespace have their turn in the order they came', async () => {
  const lab = new Lab(2);
  await lab.pushAll('a', 20);
  await lab.push('b/1');
  await lab.endAll();
  const ofA = lab.started.filter((name) => name.startsWith('a/'));
  expect(ofA).toEqual(Array.from({ length: 20 }, (_, i) => `a/${i + 1}`));
});

describe('a push that waits', () => {
  it('for a free place reads how many pushes are under way', async () => {
    const lab = new Lab(2);
    await lab.pushAll('a', 2);
    await lab.push('b/1');
    expect(lab.waits.get('b/1')).toEqual(['waiting for a free place: 2 pushes are under way']);
  });

  it('for its Remote reads when it waits for a free place from then on', async () => {
    const lab = new Lab(1);
    await lab.push('a/1/main');
    await lab.push('a/1/next');
    await lab.push('b/1');
    await lab.end('a/1/main');
    expect(lab.started).toEqual(['a/1/main', 'b/1']);
    expect(lab.waits.get('a/1/next')).toEqual([
      'waiting for the push before this one: a/1/main',
      'waiting for a free place: 1 push is under way',
    ]);
  });

  it('reads that once, however many others come and go', async () => {
    const lab = new Lab(1);
    await lab.pushAll('a', 5);
    for (const name of ['a/1', 'a/2', 'a/3']) await lab.end(name);
    expect(lab.waits.get('a/5')).toHaveLength(1);
  });
});
