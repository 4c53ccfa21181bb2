import type { Engine } from '../../builder/index.ts';

/** An engine with a change, for what has to happen at an exact moment of its work. */
export function engineWith(engine: Engine, change: Partial<Engine>): Engine {
  return {
    address: engine.address,
    info: (signal) => engine.info(signal),
    ping: (signal) => engine.ping(signal),
    build: (build) => engine.build(build),
    push: (push) => engine.push(push),
    forget: (...image) => engine.forget(...image),
    ...change,
  };
}
