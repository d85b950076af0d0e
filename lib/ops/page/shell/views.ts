import type { ComponentType } from 'preact';
import type { ViewProps } from '../client/route.js';
import { AuditPage } from '../audit/audit.page.js';
import { ErrorsPage } from '../errors/errors.page.js';
import { EventPage } from '../event/event.page.js';
import { EventsPage } from '../events/events.page.js';
import { OperationsPage } from '../operations/operations.page.js';
import { OverviewPage } from '../overview/overview.page.js';
import { PollerPage } from '../poller/poller.page.js';
import { NowherePage } from './nowhere.page.js';

export const VIEWS: readonly {
  readonly name: string;
  readonly title: string;
  readonly component: ComponentType<ViewProps>;
}[] = [
  { name: 'overview', title: 'Overview', component: OverviewPage },
  { name: 'events', title: 'Events', component: EventsPage },
  { name: 'errors', title: 'Errors', component: ErrorsPage },
  { name: 'operations', title: 'Operations', component: OperationsPage },
  { name: 'poller', title: 'Poller', component: PollerPage },
  { name: 'audit', title: 'Audit', component: AuditPage },
];

export function viewOf(name: string, id: string | undefined): ComponentType<ViewProps> {
  if (name === 'events' && id !== undefined) return EventPage;
  return VIEWS.find((view) => view.name === name)?.component ?? NowherePage;
}
