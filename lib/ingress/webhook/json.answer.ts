import { ServerResponse } from 'node:http';
import type { AbstractHttpAdapter } from '@nestjs/core';

/**
 * Answers with `body` as JSON. Express would hash it for an ETag, which no sender of a POST asks for, so
 * its response is written as the one of Node that it is.
 */
export function answerJson(
  adapter: AbstractHttpAdapter,
  response: object,
  body: object,
  status: number,
): void {
  if (!(response instanceof ServerResponse)) {
    adapter.reply(response, body, status);
    return;
  }
  const json = JSON.stringify(body);
  response
    .writeHead(status, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(json),
    })
    .end(json);
}
