import type { ComponentChildren } from 'preact';
import type { MinutesView, ServiceView } from '../../api.types.js';
import { hrefTo } from '../client/route.js';
import { FromNow } from '../parts/instant.js';
import { StateBadge } from '../parts/state.badge.js';
import { count, percent } from '../text/counts.js';
import { duration } from '../text/durations.js';
import { STATES } from '../text/states.js';
import { MinuteCharts } from './minute.charts.js';
import { MinuteTable } from './minute.table.js';

export interface ServiceSectionProps {
  readonly service: ServiceView;
  readonly minutes: MinutesView;
}

export function ServiceSection({ service, minutes }: ServiceSectionProps) {
  const { source, counts } = service;
  const series = minutes.services.find((other) => other.source === source)?.series;
  return (
    <section class="card service" aria-labelledby={`service-${source}`}>
      <h2 id={`service-${source}`}>{source}</h2>
      <ul class="states" aria-label={`Events of ${source} by state`}>
        {STATES.map((state) => (
          <li key={state}>
            <a href={hrefTo('events', new URLSearchParams({ state, source }))}>
              <StateBadge state={state} />
              <strong>{count(counts[state])}</strong>
            </a>
          </li>
        ))}
      </ul>
      <Facts service={service} />
      {series && (
        <>
          <MinuteCharts source={source} minutes={minutes.minutes} series={series} />
          <MinuteTable source={source} minutes={minutes.minutes} series={series} />
        </>
      )}
    </section>
  );
}

function Facts({ service }: { service: ServiceView }) {
  const { oldestDue, handlerTime, lastWebhookAge, usualGap, repairedShare, nextPollAt } = service;
  return (
    <dl class="facts">
      <Fact name="Oldest due">{oldestDue === null ? 'none' : `for ${duration(oldestDue)}`}</Fact>
      <Fact name="Handler time, last hour">
        {handlerTime === null ? 'no call' : `half within ${duration(handlerTime.p50)}`}
        {handlerTime !== null && <small>95 % within {duration(handlerTime.p95)}</small>}
      </Fact>
      <Fact name="Last webhook">
        {lastWebhookAge === null ? 'none lately' : `${duration(lastWebhookAge)} ago`}
        {usualGap !== null && <small>usually every {duration(usualGap)}</small>}
      </Fact>
      <Fact name="Only the poller found">
        {repairedShare === null ? 'no events' : percent(repairedShare)}
      </Fact>
      <Fact name="Next poll">
        {nextPollAt === null ? 'not by this process' : <FromNow at={nextPollAt} />}
      </Fact>
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
