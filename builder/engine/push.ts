import { isDigest } from '../images/names.ts';
import { authConfig } from './auth.ts';
import { type EngineConnection, refusal } from './connection.ts';
import type { EnginePush, EnginePushResult } from './engine.ts';

export async function pushFrom(connection: EngineConnection, push: EnginePush): Promise<EnginePushResult> {
  const { repository, tag, credentials, signal, onMessage } = push;
  let digest: string | undefined;
  let failure: string | undefined;
  try {
    const response = await connection.dial(signal, {
      path: `/images/${repository}/push?`,
      method: 'POST',
      options: { tag },
      authconfig: authConfig(credentials),
    });
    await connection.read(response, signal, (message) => {
      failure ??= message.errorDetail?.message ?? message.error;
      const aux = message.aux as { Digest?: unknown } | undefined;
      if (isDigest(aux?.Digest)) digest = aux.Digest;
      onMessage(message);
    });
    if (failure === undefined) digest ??= await repositoryDigest(connection, repository, tag, signal);
  } catch (thrown) {
    const refused = refusal(thrown);
    return { failure: refused.failure.message };
  }
  if (failure !== undefined) return { failure };
  return digest === undefined ? { failure: 'the engine names no digest for the pushed image' } : { digest };
}

async function repositoryDigest(
  connection: EngineConnection,
  repository: string,
  tag: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const image = await connection.json<{ RepoDigests: unknown }>(signal, `/images/${repository}:${tag}/json`);
  const references = Array.isArray(image.RepoDigests) ? image.RepoDigests.map(String) : [];
  const digests = references.flatMap((text) => (text.startsWith(`${repository}@`) ? [text.split('@')[1]] : []));
  return digests.find(isDigest);
}
