import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Gitkube } from '../support/gitkube.ts';
import { Project } from '../support/project.ts';
import { rig } from '../support/rig.ts';

interface Referrer {
  readonly mediaType: string;
  readonly artifactType: string;
  readonly digest: string;
  readonly annotations: Record<string, string>;
}

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

let folder: string;
let signing: Gitkube;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gitkube-signing-'));
  await writeFile(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));
  signing = await Gitkube.start({ GITKUBE_SIGNING_KEY: join(folder, 'key.pem') });
});
afterAll(async () => {
  await signing[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** The documents about the image that the workload runs, as who verifies it finds them. */
async function referrersOf(project: Project, workload = 'www') {
  const [repository = '', digest = ''] = (await project.image(workload)).split('@');
  const base = `http://${rig().registry}/v2/${repository.slice(repository.indexOf('/') + 1)}`;
  const accept = 'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';
  const get = async (path: string) => {
    const answer = await fetch(`${base}/${path}`, { headers: { accept } });
    expect(answer.status, path).toBe(200);
    return answer.json();
  };
  const { manifests } = (await get(`manifests/${digest.replace(':', '-')}`)) as { manifests: Referrer[] };
  const documents = await Promise.all(
    manifests.map(async (referrer) => {
      const manifest = (await get(`manifests/${referrer.digest}`)) as {
        subject: { digest: string };
        layers: { digest: string }[];
      };
      return { referrer, subject: manifest.subject, content: await get(`blobs/${manifest.layers[0]?.digest}`) };
    }),
  );
  return { digest, repository, documents };
}

/** Verifies as cosign does with a key, by a program that is not ours. */
function verify(bundle: unknown): { payload: Buffer } {
  const rawBytes = publicKey.export({ type: 'spki', format: 'der' });
  const hint = createHash('sha256').update(rawBytes).digest('base64');
  const root = { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
  // PKIX_ECDSA_P256_SHA_256, https://github.com/sigstore/protobuf-specs
  const trusted = toTrustMaterial(root, { [hint]: { rawBytes, keyDetails: 5 } });
  const parsed = bundleFromJSON(bundle);
  new Verifier(trusted, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(toSignedEntity(parsed));
  if (parsed.content.$case !== 'dsseEnvelope') throw new Error('no envelope');
  return { payload: Buffer.from(parsed.content.dsseEnvelope.payload) };
}

describe('the provenance of an image', () => {
  it('says what it was built of, by whom and for which push', async () => {
    await using gitkube = await Gitkube.start();
    await using project = await Project.create(gitkube, {
      replicas: 0,
      spec: {
        deployments: [
          {
            name: 'www',
            containers: [{ name: 'www', path: 'www', buildArgs: [{ name: 'FLAVOR', value: 'not for everybody' }] }],
          },
        ],
      },
    });
    expect((await project.push()).code).toBe(0);
    const { digest, repository, documents } = await referrersOf(project);
    expect(documents).toHaveLength(1);
    const [{ referrer, subject, content } = expect.unreachable()] = documents;
    expect(referrer).toMatchObject({
      artifactType: 'application/vnd.in-toto+json',
      annotations: { 'in-toto.io/predicate-type': 'https://slsa.dev/provenance/v1' },
    });
    expect(subject.digest).toBe(digest);
    const commit = (await project.git('rev-parse', 'HEAD')).trim();
    expect(content).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: repository, digest: { sha256: digest.slice('sha256:'.length) } }],
      predicate: {
        buildDefinition: {
          externalParameters: {
            ...{ remote: `${project.namespace}/app`, branch: 'main', commit, image: 'www/www', path: 'www' },
            ...{ dockerfile: 'www/Dockerfile', buildArgs: ['FLAVOR'], secrets: [] },
          },
          resolvedDependencies: [{ uri: `git+${project.url}`, digest: { gitCommit: commit } }],
        },
        runDetails: { builder: { id: `https://gitkube.sh/servers/${gitkube.name}` } },
      },
    });
    expect(JSON.stringify(content)).not.toContain('not for everybody');
    const id = (content as { predicate: { runDetails: { metadata: { invocationId: string } } } }).predicate.runDetails
      .metadata.invocationId;
    expect((await project.ssh('output', `${project.namespace}/app`, id)).output).toContain('releases/1');
  });

  it('is signed where the operator has a key, so that others verify it, and nothing of it can be changed', async () => {
    await using project = await Project.create(signing, { replicas: 0 });
    expect((await project.push()).code).toBe(0);
    const { digest, documents } = await referrersOf(project);
    expect(documents).toHaveLength(1);
    const [{ referrer, content } = expect.unreachable()] = documents;
    expect(referrer.artifactType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json');
    const { payload } = verify(content);
    const { subject } = JSON.parse(payload.toString()) as { subject: { digest: { sha256: string } }[] };
    expect(`sha256:${subject[0]?.digest.sha256}`).toBe(digest);
    const forged = structuredClone(content) as { dsseEnvelope: { payload: string } };
    const text = payload.toString().replace(`${project.namespace}/app`, 'somebody/else');
    expect(text).not.toBe(payload.toString());
    forged.dsseEnvelope.payload = Buffer.from(text).toString('base64');
    expect(() => verify(forged)).toThrow('signature verification failed');
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
  });

  it('is added to what others have stored about the image, and is there once', async () => {
    await using project = await Project.create(signing, { replicas: 0 });
    expect((await project.push()).code).toBe(0);
    await project.commit('nothing changed');
    expect((await project.push()).code).toBe(0);
    expect((await referrersOf(project)).documents).toHaveLength(1);
    await project.commit('nothing changed again');
    const pushed = await project.tryGit(['push', '-o', 'no-cache', project.url, 'HEAD:main']);
    expect(pushed).toMatchObject({ code: 0 });
    const { documents } = await referrersOf(project);
    expect(documents.length).toBeGreaterThan(0);
    for (const { content } of documents) verify(content);
  });

  it('of nobody else counts for an image that is there: with a key it is built again, and signed', async () => {
    await using plain = await Gitkube.start();
    await using project = await Project.create(plain, { replicas: 0 });
    expect((await project.push()).code).toBe(0);
    await project.moveTo(signing);
    await project.commit('nothing changed');
    const { code, output } = await project.push();
    expect(output).toContain('www/www: the image that is there is not signed by this server: building it again');
    expect(code).toBe(0);
    const { documents } = await referrersOf(project);
    const signed = documents.filter(({ referrer }) => referrer.artifactType.includes('sigstore'));
    expect(signed).toHaveLength(1);
    verify(signed[0]?.content);
    await project.commit('nothing changed again');
    expect((await project.push()).output).toContain('www/www: unchanged');
  });

  it('goes with an image that is promoted', async () => {
    await using project = await Project.create(signing, {
      ...{ replicas: 0, deployments: ['www', 'prod'] },
      spec: {
        deployments: [{ name: 'www', containers: [{ name: 'www', path: 'www' }] }],
        environments: [
          {
            ...{ name: 'prod', branch: 'prod', promoteFrom: ['app'], requirePromotion: true },
            deployments: [{ name: 'prod', containers: [{ name: 'prod', path: 'www' }] }],
          },
        ],
      },
    });
    expect((await project.push()).code).toBe(0);
    expect(await project.tryGit(['push', project.url, 'HEAD:prod'])).toMatchObject({ code: 0 });
    const [www, prod] = [await referrersOf(project), await referrersOf(project, 'prod')];
    expect([prod.digest, prod.repository]).toEqual([www.digest, expect.not.stringMatching(`^${www.repository}$`)]);
    expect(prod.documents).toEqual(www.documents);
  });

  it('is not stored where it is turned off', async () => {
    await using gitkube = await Gitkube.start({ GITKUBE_PROVENANCE: 'off' });
    await using project = await Project.create(gitkube, { replicas: 0 });
    expect((await project.push()).code).toBe(0);
    const [repository = '', digest = ''] = (await project.image()).split('@');
    const path = `${repository.slice(repository.indexOf('/') + 1)}/manifests/${digest.replace(':', '-')}`;
    expect((await fetch(`http://${rig().registry}/v2/${path}`)).status).toBe(404);
  });
});

it.each([
  ['that is not there', undefined, 'cannot be read (ENOENT)'],
  ['of another kind', generateKeyPairSync('ed25519').privateKey, 'is no ECDSA key on the curve P-256'],
])('a signing key %s ends the start, with how to make one', async (_, key, reason) => {
  const path = join(folder, `bad-${key?.asymmetricKeyType}.pem`);
  if (key) await writeFile(path, key.export({ type: 'pkcs8', format: 'pem' }));
  const started = Gitkube.start({ GITKUBE_SIGNING_KEY: path });
  await expect(started).rejects.toThrow(reason);
  await expect(started).rejects.toThrow('openssl ecparam -name prime256v1');
});
