import { overview } from '../client/live.overview.js';
import { Heading } from '../parts/heading.js';
import { AttentionList } from './attention.list.js';
import { ServiceSection } from './service.section.js';

/** What needs attention, and how each service does. */
export function OverviewPage() {
  const latest = overview.value;
  return (
    <>
      <Heading title="Overview" />
      {!latest && <p class="note">Loading…</p>}
      {latest && (
        <>
          <AttentionList attention={latest.attention} />
          {latest.services.map((service) => (
            <ServiceSection key={service.source} service={service} minutes={latest.minutes} />
          ))}
        </>
      )}
    </>
  );
}
