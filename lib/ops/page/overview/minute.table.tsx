import { number } from '../text/counts.js';
import { minuteOfDay } from '../text/durations.js';
import type { MinuteChartsProps } from './minute.charts.js';
import { SERIES } from './minute.series.js';

/** The same as the charts, in numbers; newest first. */
export function MinuteTable({ source, minutes, series }: MinuteChartsProps) {
  return (
    <details>
      <summary>The charts of {source} as a table</summary>
      <div class="scrolling" role="region" tabIndex={0} aria-label={`${source} per minute`}>
        <table class="numbers">
          <caption class="unseen">Events of {source} per minute, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Minute</th>
              {SERIES.map(({ name, title }) => (
                <th key={name} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {[...minutes.entries()].reverse().map(([index, at]) => (
              <tr key={at}>
                <th scope="row">{minuteOfDay(at)}</th>
                {SERIES.map(({ name }) => (
                  <td key={name}>{number(series[name][index] ?? 0)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}
