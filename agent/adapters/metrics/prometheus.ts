import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import {
  METRICS,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type MetricFacts,
  type Metrics,
  type MetricsPage,
} from '../../ports/metrics';

export interface OpenMetrics extends Metrics, MetricsPage {
  /** Called before each page, to set what is only worth knowing then. */
  beforePage(read: () => Promise<void> | void): void;
}

/** All figures of the catalogue in a registry of their own, so that two agents of one process share nothing. */
export function createMetrics(): OpenMetrics {
  const registry = new Registry();
  const counters = new Map<string, Counter>();
  const gauges = new Map<string, Gauge>();
  const histograms = new Map<string, Histogram>();
  for (const [name, facts] of Object.entries<MetricFacts>(METRICS)) {
    const { help } = facts;
    const common = { name, help, labelNames: [...facts.labels], registers: [registry] };
    if (facts.kind === 'counter') counters.set(name, new Counter(common));
    if (facts.kind === 'gauge') gauges.set(name, new Gauge(common));
    if (facts.kind === 'histogram')
      histograms.set(name, new Histogram({ ...common, buckets: [...(facts.buckets ?? [])] }));
  }
  for (const [name, gauge] of gauges) forget(gauge, METRICS[name as GaugeName]);
  const readers: (() => Promise<void> | void)[] = [];
  return {
    contentType: registry.contentType,
    add: (name: CounterName, labels: object, by = 1) => counters.get(name)?.inc({ ...labels }, by),
    set: (name: GaugeName, labels: object, value) => gauges.get(name)?.set({ ...labels }, value),
    observe: (name: HistogramName, labels: object, value) => histograms.get(name)?.observe({ ...labels }, value),
    clear: (name) => forget(gauges.get(name), METRICS[name]),
    beforePage: (read) => void readers.push(read),
    text: async () => {
      for (const read of readers) await read();
      return registry.metrics();
    },
  };
}

/** Without labels the library starts a gauge at 0, which would be taken for a figure: what is not known is left out. */
function forget(gauge: Gauge | undefined, { labels }: MetricFacts): void {
  if (labels.length === 0) gauge?.remove();
  else gauge?.reset();
}
