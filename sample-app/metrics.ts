import type { IncomingMessage, ServerResponse } from 'node:http';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { MeterProvider } from '@opentelemetry/sdk-metrics';

/**
 * Registers a MeterProvider; call it before the application is initialised.
 * @returns what answers Prometheus, on this application's own port instead of one of the exporter's
 */
export function startMetrics() {
  const exporter = new PrometheusExporter({ preventServerStart: true });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  return (request: IncomingMessage, response: ServerResponse): void =>
    exporter.getMetricsRequestHandler(request, response);
}
