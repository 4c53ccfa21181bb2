import { Metrics } from '../server/metrics/metrics.ts';

/** docs/metrics.md: the metrics of Gitkube's own; those of Node.js are beside them. */
export async function metricsDoc(): Promise<string> {
  const { body } = await new Metrics('').text();
  const kinds = new Map([...body.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, kind]) => [name, kind]));
  const rows = [...body.matchAll(/^# HELP (gitkube_\S+) (.*)$/gm)].map(
    ([, name, help]) => `| \`${name}\` | ${kinds.get(name)} | ${help} |`,
  );
  return [
    '<!-- Generated from server/metrics/metrics.ts by scripts/generate.ts: change it there. -->',
    '# Metrics',
    '',
    '`/metrics` is served where `GITKUBE_HTTP_LISTEN` says; the chart sets it, has a Service for it, and optionally a ServiceMonitor',
    '(`metrics.serviceMonitor`) and a Grafana dashboard (`metrics.dashboard`). [server/http](../server/http/README.md) has the probes beside',
    'it.',
    '',
    '| metric | type | about |',
    '|---|---|---|',
    ...rows,
    '',
    'The reasons of `gitkube_pushes_total` are those of [errors.md](errors.md), or Released, Built, Checked, Unchanged and Ran. No metric has the',
    'name of a Remote, a key or a branch: each would be a time series of its own for ever. What became of one Remote is in its',
    'status (`lastPush`) and its Events.',
    '',
    "An alert on pushes that fail for a reason that is not the pushers':",
    '',
    '```',
    'increase(gitkube_pushes_total{outcome="failed",reason=~"EngineUnavailable|RegistryUnavailable|ClusterForbidden|DiskFull|Internal"}[15m]) > 0',
    '```',
    '',
  ].join('\n');
}
