/** System errors that may come at any time: only in these calls have no bytes left yet. */
const BEFORE_SENDING = new Set(['connect', 'getaddrinfo']);
const CONNECTING = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'ETIMEDOUT',
]);
/** Errors of the connection's making alone: its time limit, and the TLS handshake before the request. */
const BEFORE_THE_REQUEST = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'CERT_REVOKED',
  'CERT_UNTRUSTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE',
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);
/** Node's own words for a connection that ended in the handshake; its code is a mere ECONNRESET. */
const ENDED_IN_HANDSHAKE = 'before secure TLS connection was established';

interface FetchFailure {
  readonly code?: string;
  readonly syscall?: string;
  readonly message?: string;
  readonly errors?: readonly unknown[];
  readonly cause?: unknown;
}

/**
 * Whether an error of fetch proves that no byte of the request has left. Where it does not, the
 * service may have taken the request. fetch wraps the socket's error in a TypeError, and those of
 * several addresses in one more.
 */
export function isNeverSent(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, syscall, message, errors, cause }: FetchFailure = error;
  if (errors && errors.length > 0) return errors.every(isNeverSent);
  if (code === undefined) return isNeverSent(cause);
  return (
    BEFORE_THE_REQUEST.has(code) ||
    (CONNECTING.has(code) && BEFORE_SENDING.has(syscall ?? '')) ||
    message?.includes(ENDED_IN_HANDSHAKE) === true
  );
}
