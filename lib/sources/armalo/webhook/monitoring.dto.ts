import type { ArmaloData } from './armalo-data.js';

/** `monitoring.alert` */
export interface MonitoringAlertData extends ArmaloData {
  alertId?: string;
  severity?: string;
  type?: string;
  message?: string;
  metric?: string;
  threshold?: number;
  value?: number;
}
