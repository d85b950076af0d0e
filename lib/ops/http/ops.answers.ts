import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpsProblem } from './ops.problem.js';
import type { PageFile } from './page.files.js';

/** What the page needs, and nothing else; over whatever the application sends with every answer. */
const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
    "img-src 'self' data:; frame-ancestors 'none'; base-uri 'self'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
} as const;

export function secure(response: ServerResponse): void {
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
}

export function answer(response: ServerResponse, status: number, view: unknown): void {
  const json = JSON.stringify(view);
  response
    .writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(json),
    })
    .end(json);
}

export function answerProblem(response: ServerResponse, problem: OpsProblem): void {
  // A stream that had begun can only be cut.
  if (response.headersSent) return void response.destroy();
  for (const [name, value] of Object.entries(problem.headers)) response.setHeader(name, value);
  answer(response, problem.status, problem.view);
}

/** What a browser keeps as a file. */
export function answerDownload(response: ServerResponse, name: string, text: string): void {
  response
    .writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="${name}"`,
    })
    .end(text);
}

export function answerFile(
  { method }: IncomingMessage,
  response: ServerResponse,
  { type, content, immutable }: PageFile,
): void {
  if (immutable) response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': content.length });
  response.end(method === 'HEAD' ? undefined : content);
}
