import type { PlannedImage } from '../types.ts';

/** What signs for a build, as SLSA calls it, and where its form is documented. */
export const predicateType = 'https://slsa.dev/provenance/v1';
export const statementType = 'application/vnd.in-toto+json';
const buildType = 'https://github.com/gitkube/gitkube/blob/main/docs/guides/provenance.md#build-type';

/** Who builds. */
export interface BuilderIdentity {
  /** A URI that names this server for those who verify. */
  readonly id: string;
  /** Of Gitkube. */
  readonly version: string;
}

/** What a build was asked for by. */
export interface BuildOrigin {
  /** Of the deploy, as the log and `deploys` have it. */
  readonly deploy: string;
  /** Of the repository: `git+ssh://…`. */
  readonly uri: string;
  /** The branch that was pushed to; unset: none. */
  readonly branch?: string | undefined;
}

export interface BuildFacts {
  readonly image: PlannedImage;
  /** Of the image, `sha256:…`. */
  readonly digest: string;
  readonly commit: string;
  /** `namespace/name` of the Remote. */
  readonly remote: string;
  readonly origin: BuildOrigin;
  readonly builder: BuilderIdentity;
  /** Such as `linux/amd64`; unset: the engine's own. */
  readonly platform?: string | undefined;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

/**
 * What an image was built of, by whom and how: an in-toto Statement v1 (https://in-toto.io/Statement/v1) with SLSA provenance v1
 * (https://slsa.dev/spec/v1.0/provenance). Values of build args are left out, and of secrets everything but the names.
 */
export function statementOf(facts: BuildFacts): string {
  const { image, digest, builder, origin, startedAt, finishedAt } = facts;
  const [algorithm = 'sha256', hex = ''] = digest.split(':');
  return JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: image.repository, digest: { [algorithm]: hex } }],
    predicateType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: externalParameters(facts),
        internalParameters: { buildKey: image.buildKey, ...(facts.platform && { platform: facts.platform }) },
        resolvedDependencies: dependencies(facts),
      },
      runDetails: {
        builder: { id: builder.id, version: { gitkube: builder.version } },
        metadata: {
          invocationId: origin.deploy,
          startedOn: new Date(startedAt).toISOString(),
          finishedOn: new Date(finishedAt).toISOString(),
        },
      },
    },
  });
}

/** All that somebody outside decides. */
function externalParameters({ image, remote, origin, commit }: BuildFacts): object {
  const { path, dockerfile, target, secrets = [] } = image.target.container;
  return {
    remote,
    ...(origin.branch !== undefined && { branch: origin.branch }),
    commit,
    image: image.label,
    path,
    dockerfile,
    ...(target !== undefined && { target }),
    buildArgs: Object.keys(image.buildArgs).sort(),
    secrets: secrets.map(({ name }) => name).sort(),
  };
}

function dependencies({ image, origin, commit }: BuildFacts): object[] {
  const modules = (image.submodules ?? []).map((module) => ({
    uri: `git+${module.url}`,
    digest: { gitCommit: module.commit },
    name: Buffer.from(module.path, 'latin1').toString(),
  }));
  return [{ uri: origin.uri, digest: { gitCommit: commit } }, ...modules];
}
