import { useState } from 'preact/hooks';
import { number } from '../text/counts.js';
import { minuteOfDay } from '../text/durations.js';
import { MinuteChart } from './minute.chart.js';
import { SERIES, type Series } from './minute.series.js';

export interface MinuteChartsProps {
  readonly source: string;
  readonly minutes: readonly number[];
  readonly series: Series;
}

/** A small chart for each series, since as lines of one chart only colours would tell them apart. */
export function MinuteCharts({ source, minutes, series }: MinuteChartsProps) {
  const [pointedAt, pointAt] = useState<number | undefined>(undefined);
  return (
    <>
      <h3 class="note">Per minute in the last hour</h3>
      <div class="charts">
        {SERIES.map(({ name, title, isTrouble }) => {
          const values = series[name];
          const sum = values.reduce((a, b) => a + b, 0);
          const most = Math.max(0, ...values);
          const minute = pointedAt === undefined ? undefined : minutes[pointedAt];
          return (
            <figure key={name} class={sum === 0 ? 'nothing' : undefined}>
              <figcaption>
                <span>{title}</span>
                <strong>{number(sum)}</strong>
                <small>
                  {minute !== undefined
                    ? `${minuteOfDay(minute)}: ${number(values[pointedAt as number] ?? 0)}`
                    : most > 0 && `peak ${number(most)}/min`}
                </small>
              </figcaption>
              <MinuteChart
                group={source}
                minutes={minutes}
                values={values}
                colour={isTrouble ? '--chart-trouble' : '--chart'}
                onPoint={pointAt}
              />
            </figure>
          );
        })}
      </div>
    </>
  );
}
