// The ingest variant that hands events to a queue: answers when Redis has the job.
import 'reflect-metadata';
import { randomUUID } from 'node:crypto';
import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Module,
  Post,
  UseGuards,
  ValidationPipe,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Queue } from 'bullmq';
import { HmacGuard } from '../ingest/hmac.guard.js';
import { serve } from '../ingest/serve.js';
import { WebhookDto } from '../ingest/webhook.dto.js';

const [url] = process.argv.slice(2) as [string];
const queue = new Queue<WebhookDto>(`bench-${randomUUID()}`, { connection: { url } });

@Controller('webhooks')
class QueueController {
  constructor(@Inject(Queue) private readonly events: Queue<WebhookDto>) {}

  @Post('armalo')
  @HttpCode(200)
  @UseGuards(HmacGuard)
  async receive(@Body(new ValidationPipe({ transform: true })) dto: WebhookDto) {
    await this.events.add(dto.event, dto);
    return { received: true };
  }
}

@Module({ controllers: [QueueController], providers: [{ provide: Queue, useValue: queue }] })
class QueueModule implements OnApplicationShutdown {
  async onApplicationShutdown(): Promise<void> {
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

const app = await NestFactory.create(QueueModule, { logger: ['fatal', 'error'], rawBody: true });
await serve(app);
