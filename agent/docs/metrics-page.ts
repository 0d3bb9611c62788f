import { METRICS, type MetricFacts } from '../ports/metrics';
import { code, generatedFrom, markdownTable } from './markdown';

/** Every figure that the agent tells. */
export function metricsPage(): string {
  return [
    generatedFrom('agent/ports/metrics.ts'),
    '# Figures\n',
    '`GET /metrics` on the control API, and on `metrics.listen` where that is configured (no TLS, no login: it holds no',
    'secrets), in the text format of Prometheus. Labels have a bounded set of values: names of functions, codes of errors,',
    'nodes; never a device, an instance or a token. A gauge is left out while nothing is known of it.',
    'A dashboard for Grafana: [blosm.json](../grafana/blosm.json).\n',
    '```yaml',
    '# prometheus.yml',
    'scrape_configs:',
    '  - job_name: blosm',
    "    static_configs: [{ targets: ['edge1.example:9464', 'edge2.example:9464'] }]",
    '```\n',
    markdownTable(
      ['Name', 'Kind', 'Labels', 'Meaning'],
      Object.entries<MetricFacts>(METRICS).map(([name, { kind, labels, help }]) => [
        code(name),
        kind,
        labels.map(code).join(', '),
        help,
      ]),
    ),
  ].join('\n');
}
