import type { Remote } from '../../../remote-crd/index.ts';
import type { Asked, DoorFacts } from '../deploy.ts';

/** Which version is to run, and how. */
export type Wanted = Pick<Asked, 'revision' | 'options' | 'why' | 'stillFits' | 'isTentative' | 'givesWay'>;

/** Of what a deploy is asked for. */
export type Target = Pick<DoorFacts, 'remote' | 'repository'>;

/** Whether nobody but its reader needs it. */
export type EndsWithClient = boolean | 'before it migrates';

/** Something that asks for a deploy without git. */
export interface DeployTrigger<Kind extends string, Wish> {
  /** In the record of each deploy that it asks for. */
  readonly kind: Kind;
  /**
   * What is to run on a Remote as it is now.
   * @throws what the person reads who asks for it
   */
  readonly ask: (wish: Wish, of: Target) => Promise<Wanted>;
  /** Whether it is cancelled when the client leaves that has asked for it; unset: it goes on. */
  readonly endsWithClient?: (wish: Wish, remote: Remote) => EndsWithClient;
}
