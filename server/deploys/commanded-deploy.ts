import { withLogFields } from '../../base/log.ts';
import { Deploy, type DoorFacts } from './deploy.ts';
import type { UnderWay } from './deploys-under-way.ts';
import type { DeployOutcome } from './events.ts';
import { OutputText } from './output-text.ts';
import { begin, release, rollOut } from './pipeline.ts';
import type { Trigger } from './request.ts';
import { Ended } from './step.ts';
import type { AnyTrigger } from './triggers/index.ts';
import type { Target, Wanted } from './triggers/trigger.ts';

export interface Commanded {
  readonly kind: AnyTrigger['kind'];
  /** Unset: ssh. */
  readonly via?: Trigger['via'];
  readonly ask: (of: Target) => Promise<Wanted>;
}

/** A deploy that a command or the server asks for: all of it is here when it begins, and it goes on when its client leaves. */
export class CommandedDeploy implements UnderWay {
  readonly deploy: Deploy;
  readonly received = true;
  /** What it says, from its first line on, for one reader. */
  readonly output = new OutputText();
  readonly done: Promise<void>;

  constructor(parts: DoorFacts, commanded: Commanded) {
    const { context, remote, principal } = parts;
    this.deploy = new Deploy({ ...parts, receivePacks: 0 });
    this.deploy.session.output.readBy(this.output.read);
    this.done = withLogFields({ push: this.deploy.id, remote: remote.id }, () => {
      context.log.info({ by: principal.name, key: principal.fingerprint, kind: commanded.kind }, 'deploy began');
      return this.#run(parts, commanded);
    });
  }

  async #run(parts: DoorFacts, commanded: Commanded): Promise<void> {
    const { deploy, output } = this;
    const { value } = await deploy.attempt(() => this.#outcome(parts, commanded));
    if (value) deploy.finish(value);
    output.end();
    await deploy.end();
  }

  async #outcome(
    { context, remote, repository }: DoorFacts,
    { kind, via = 'ssh', ask }: Commanded,
  ): Promise<DeployOutcome> {
    const receivedAt = context.clock.monotonic();
    const wanted = await ask({ remote, repository });
    const asked = { trigger: { kind, via }, ...wanted, receivedAt };
    if (wanted.revision.task !== undefined) return this.deploy.runTask(asked);
    const prepared = await this.deploy.prepare(asked);
    if (prepared === 'checked') return { kind: 'checked' };
    const begun = await begin.check(prepared, context);
    if (begun instanceof Ended) return begun.outcome;
    const { outcome } = await release.execute(await rollOut.execute(begun, context), context);
    return outcome;
  }
}
