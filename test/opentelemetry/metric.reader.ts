import { metrics, type Attributes } from '@opentelemetry/api';
import { MeterProvider, MetricReader, type Histogram } from '@opentelemetry/sdk-metrics';

class OnDemand extends MetricReader {
  protected override onForceFlush = () => Promise.resolve();
  protected override onShutdown = () => Promise.resolve();
}

type Value = number | Histogram;

/** Registers itself as the process's meter provider, and tells what was measured since. */
export class Measured {
  private readonly reader = new OnDemand();
  private readonly provider = new MeterProvider({ readers: [this.reader] });

  constructor() {
    metrics.setGlobalMeterProvider(this.provider);
  }

  async end(): Promise<void> {
    metrics.disable();
    await this.provider.shutdown();
  }

  /** Names of all metrics that have a value. */
  async names(): Promise<readonly string[]> {
    return (await this.all()).map(({ descriptor }) => descriptor.name);
  }

  /** Sum of the values of `name` that have these attributes; of a histogram, how often it was recorded. */
  async sum(name: string, attributes: Attributes = {}): Promise<number> {
    const points = await this.points(name);
    const wanted = Object.entries(attributes);
    return points
      .filter((point) => wanted.every(([key, value]) => point.attributes[key] === value))
      .reduce((sum, { value }) => sum + (typeof value === 'number' ? value : value.count), 0);
  }

  /** Each value with its attributes. */
  async points(name: string): Promise<readonly { attributes: Attributes; value: Value }[]> {
    const metric = (await this.all()).find(({ descriptor }) => descriptor.name === name);
    return (metric?.dataPoints ?? []) as readonly { attributes: Attributes; value: Value }[];
  }

  private async all() {
    const { resourceMetrics, errors } = await this.reader.collect();
    if (errors.length > 0) throw new AggregateError(errors, 'A metric could not be collected.');
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  }
}
