/**
 * Asks the npm registry for known vulnerabilities of everything in package-lock.json, and fails on serious ones:
 *
 *   node scripts/audit.ts
 *
 * A registry that answers no such question, as mirrors do not, is reported, and is no failure.
 */
import { execFile } from 'node:child_process';

interface Report {
  readonly auditReportVersion?: number;
  readonly message?: string;
  readonly error?: { readonly summary?: string };
  readonly vulnerabilities?: Readonly<Record<string, { readonly severity: string; readonly range: string }>>;
}

const serious = ['high', 'critical'];

const output = await new Promise<string>((resolve) => {
  execFile('npm', ['audit', '--json'], { timeout: 120_000, maxBuffer: 64 * 1024 ** 2 }, (_, stdout) => resolve(stdout));
});
const { auditReportVersion, message, error, vulnerabilities = {} } = read(output);
if (auditReportVersion === undefined) {
  console.log(`not audited: the registry does not answer (${message ?? error?.summary ?? 'nothing'})`);
} else {
  const found = Object.entries(vulnerabilities);
  const bad = found.filter(([, { severity }]) => serious.includes(severity));
  for (const [name, { severity, range }] of bad) console.log(`${severity}: ${name} ${range}`);
  console.log(`audited: ${found.length} known vulnerabilities, ${bad.length} of them serious`);
  if (bad.length > 0) process.exitCode = 1;
}

function read(text: string): Report {
  try {
    return JSON.parse(text) as Report;
  } catch {
    return {};
  }
}
