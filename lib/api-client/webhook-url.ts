import { ArmoxArmaloConfigurationError } from '../core/index.js';

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/**
 * The URL that a service is to send webhooks to: https, since the result of a run travels to it.
 * http only on this machine, or where the service itself is spoken to by http (a sandbox).
 * @param option what the caller named it, for the error
 * @throws ArmoxArmaloConfigurationError
 */
export function checkWebhookUrl(value: string, option: string, baseUrl: URL): string {
  if (!URL.canParse(value))
    throw new ArmoxArmaloConfigurationError(option, 'must be an absolute URL.');
  const url = new URL(value);
  const sandbox = baseUrl.protocol === 'http:' || LOOPBACK.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && sandbox)) {
    throw new ArmoxArmaloConfigurationError(option, 'must start with https://.');
  }
  if (url.username || url.password || url.hash) {
    throw new ArmoxArmaloConfigurationError(option, 'must have no credentials and no hash.');
  }
  return url.href;
}
