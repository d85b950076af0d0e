import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import { verifyArmaloSignature } from '../../lib/sources/armalo/index.js';
import { verifyArmoxSignature } from '../../lib/sources/armox/index.js';

/* The functions of the pages, letter by letter; types alone are added. */

function verifyArmoxSignaturePage(rawBody: Buffer, signatureHeader: string, secret: string) {
  if (!signatureHeader || !signatureHeader.startsWith('sha256=')) return false;

  const received = signatureHeader.slice('sha256='.length);
  const expected = crypto.createHmac('sha256', secret).update(rawBody).digest('hex');

  try {
    return crypto.timingSafeEqual(Buffer.from(received), Buffer.from(expected));
  } catch {
    return false;
  }
}

/**
 * Armalo's page shows a call of an SDK that cannot be had, and one sentence: "compute the signature
 * manually: HMAC-SHA256(rawBody, secret) and compare using a constant-time equality check". This is
 * that sentence, on the hex text that the header is said to hold.
 */
function verifyArmaloSentence(rawBody: Buffer, signatureHeader: string, secret: string) {
  const expected = crypto.createHmac('sha256', secret).update(rawBody).digest('hex');
  try {
    return crypto.timingSafeEqual(Buffer.from(signatureHeader), Buffer.from(expected));
  } catch {
    return false;
  }
}

const PYTHON = `
import base64
import json
import sys

import hmac
import hashlib

def verify_armox_signature(raw_body: bytes, signature_header: str, secret: str) -> bool:
    if not signature_header or not signature_header.startswith("sha256="):
        return False

    received = signature_header[len("sha256="):]
    expected = hmac.new(
        key=secret.encode("utf-8"),
        msg=raw_body,
        digestmod=hashlib.sha256
    ).hexdigest()

    return hmac.compare_digest(received, expected)

def verify_armalo_signature(raw_body, signature_header, secret):
    expected = hmac.new(secret.encode("utf-8"), raw_body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature_header, expected)

answers = []
for case in json.load(sys.stdin):
    verify = verify_armox_signature if case["service"] == "armox" else verify_armalo_signature
    try:
        answers.append(verify(base64.b64decode(case["body"]), case["header"], case["secret"]))
    except TypeError:
        # compare_digest refuses texts that are not ASCII
        answers.append(False)
json.dump(answers, sys.stdout)
`;

interface Case {
  readonly what: string;
  readonly service: 'armox' | 'armalo';
  readonly body: Buffer;
  readonly header: string;
  readonly secret: string;
}

const bodies: Readonly<Record<string, Buffer>> = {
  JSON: Buffer.from('{"event":"job.completed","job":{"id":"job_456","status":"completed"}}'),
  'an empty body': Buffer.alloc(0),
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xc3, 0x28, 0x22, 0x7d]),
};

function casesOf(service: Case['service'], secret: string): Case[] {
  const prefix = service === 'armox' ? 'sha256=' : '';
  return Object.entries(bodies).flatMap(([bodyName, body]) => {
    const digest = crypto.createHmac('sha256', secret).update(body).digest('hex');
    const headers: Record<string, string> = {
      valid: prefix + digest,
      forged: prefix + 'a'.repeat(64),
      'of another secret': prefix + crypto.createHmac('sha256', 'x').update(body).digest('hex'),
      truncated: (prefix + digest).slice(0, -1),
      'one digit longer': `${prefix + digest}0`,
      'half as long': prefix + digest.slice(0, 32),
      'upper-case hex': prefix + digest.toUpperCase(),
      'upper-case prefix': `SHA256=${digest}`,
      'with the other prefix': `${prefix === '' ? 'sha256=' : ''}${digest}`,
      'prefixed twice': `sha256=sha256=${digest}`,
      'prefix alone': 'sha256=',
      'another algorithm': `sha1=${digest}`,
      doubled: `${prefix + digest}, ${prefix + digest}`,
      'doubled without a comma': prefix + digest + digest,
      'padded in front': ` ${prefix + digest}`,
      'padded behind': `${prefix + digest} `,
      'newline behind': `${prefix + digest}\n`,
      empty: '',
      'non-ASCII letters': `${prefix}${'é'.repeat(64)}`,
      'non-ASCII of 64 bytes': `${prefix}${'é'.repeat(32)}`,
      'full-width digits': prefix + digest.replace(/\d/g, (n) => String.fromCharCode(0xff10 + +n)),
      'base64 in place of hex': prefix + Buffer.from(digest, 'hex').toString('base64'),
      'no hex': prefix + 'z'.repeat(64),
    };
    return Object.entries(headers).map(([headerName, header]) => ({
      what: `${service}: ${headerName}, over ${bodyName}`,
      service,
      body,
      header,
      secret,
    }));
  });
}

const cases = ['test_secret', 'whsec_sécret 😀'].flatMap((secret) => [
  ...casesOf('armox', secret),
  ...casesOf('armalo', secret),
]);

const ours = ({ service, body, header, secret }: Case): boolean =>
  (service === 'armox' ? verifyArmoxSignature : verifyArmaloSignature)(body, header, secret);

const compared = (answer: (each: Case, index: number) => unknown) =>
  cases.map((each, index) => `${each.what}: ${String(answer(each, index))}`);

const hasPython = spawnSync('python3', ['--version']).status === 0;

describe("signature checks agree with the pages' own code", () => {
  it('knows the published algorithm by a vector computed elsewhere', () => {
    const body = Buffer.from(
      '{"event":"job.completed","job":{"id":"job_456","status":"completed","output":{"outputImage":"https://example.com/o.png"},"completed_at":"2026-03-26T12:45:00.000Z"}}',
    );
    const signature = '63e1f2be47a6524b51e9e0f47972031d50a9c3adae06e254f1c5232f99652ead';
    expect(verifyArmoxSignature(body, `sha256=${signature}`, 'test_secret')).toBe(true);
    expect(verifyArmaloSignature(body, signature, 'test_secret')).toBe(true);
  });

  it('in Node', () => {
    const theirs = compared(({ service, body, header, secret }) =>
      (service === 'armox' ? verifyArmoxSignaturePage : verifyArmaloSentence)(body, header, secret),
    );
    expect(compared(ours)).toEqual(theirs);
    // Both say yes somewhere, so that agreement is not two functions that always refuse.
    expect(theirs.filter((line) => line.endsWith('true'))).toHaveLength(12);
  });

  (hasPython ? it : it.skip)('in Python (needs python3)', () => {
    const input = JSON.stringify(
      cases.map(({ body, ...rest }) => ({ ...rest, body: body.toString('base64') })),
    );
    const run = spawnSync('python3', ['-c', PYTHON], { input, encoding: 'utf8' });
    expect(run.stderr).toBe('');
    const answers = JSON.parse(run.stdout) as boolean[];
    expect(compared(ours)).toEqual(compared((_, index) => answers[index]));
  });

  it('but refuses what the code lets through by accident: an empty secret, and header lists', () => {
    const body = Buffer.from('{}');
    const digest = crypto.createHmac('sha256', '').update(body).digest('hex');
    expect(verifyArmoxSignaturePage(body, `sha256=${digest}`, '')).toBe(true);
    expect(verifyArmoxSignature(body, `sha256=${digest}`, '')).toBe(false);
    expect(verifyArmaloSignature(body, digest, '')).toBe(false);
    expect(verifyArmoxSignature(body, [`sha256=${digest}`], '')).toBe(false);
  });
});
