import { GitkubeError } from '../../base/errors.ts';

/** Frontends that a Dockerfile may ask for: code that BuildKit fetches and runs beside the build. */
const allowedFrontend = /^(?:docker\.io\/)?docker\/dockerfile(?:-upstream)?(?::[\w.-]+)?(?:@sha256:[0-9a-f]{64})?$/;

/**
 * `# syntax=` makes BuildKit fetch any image and let it drive the build. Docker's own are let through as they are; every
 * other one is refused, because a hostile frontend can reach outside the build (security.md of the docs says more).
 * @param dockerfile its path, for the message.
 * @throws GitkubeError BuildFailed
 */
export function checkSyntax(text: string, buildArgs: Readonly<Record<string, string>>, dockerfile: string): void {
  const asked = [...syntaxDirectives(text), buildArgs.BUILDKIT_SYNTAX ?? ''];
  const frontend = asked.map((value) => value.trim().split(/\s/)[0] ?? '').find((value) => !allowed(value));
  if (frontend === undefined) return;
  throw new GitkubeError('BuildFailed', `${dockerfile} asks for the frontend '${frontend}', which is not allowed`, {
    hint: "remove its 'syntax=' line, or use '# syntax=docker/dockerfile:1'",
  });
}

function allowed(frontend: string): boolean {
  return frontend === '' || allowedFrontend.test(frontend);
}

/**
 * Everything that any version of BuildKit may take for the directive: `# syntax=`, `// syntax=` and `{"syntax": …}`,
 * behind a byte order mark or a `#!` line. Rather one too many: only a foreign frontend is refused.
 */
function syntaxDirectives(text: string): string[] {
  const found: string[] = [];
  for (const line of text.split(/\r?\n/)) {
    const match = /^[\s\ufeff]*(?:#|\/\/)(?:\s*syntax\s*=(.*))?/i.exec(line);
    if (match === null && line.trim() !== '') break;
    if (match?.[1] !== undefined) found.push(match[1]);
  }
  const json = jsonSyntax(text.replace(/^\ufeff/, '').replace(/^#!.*\n/, ''));
  if (json !== undefined) found.push(json);
  return found;
}

function jsonSyntax(text: string): string | undefined {
  try {
    const { syntax } = JSON.parse(text) as { syntax?: unknown };
    return typeof syntax === 'string' ? syntax : undefined;
  } catch {
    return undefined;
  }
}
