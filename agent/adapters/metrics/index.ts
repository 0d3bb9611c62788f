export { createMetrics, type OpenMetrics } from './prometheus';
export { startMetricsServer, type MetricsServer } from './server';
