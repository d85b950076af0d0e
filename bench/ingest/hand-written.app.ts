import { createHash } from 'node:crypto';
import {
  Body,
  Controller,
  HttpCode,
  Inject,
  Module,
  Post,
  UseGuards,
  ValidationPipe,
  type DynamicModule,
} from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { Column, CreateDateColumn, Entity, PrimaryColumn, Repository } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { HmacGuard } from './hmac.guard.js';
import { WebhookDto } from './webhook.dto.js';

@Entity('hand_written_event')
class WebhookEvent {
  @PrimaryColumn({ length: 64 })
  id: string;

  @Column({ length: 100 })
  name: string;

  @Column('text')
  body: string;

  @Column({ default: 'pending', length: 20 })
  state: string;

  @CreateDateColumn()
  createdAt: Date;
}

type NewEvent = Pick<WebhookEvent, 'id' | 'name' | 'body'>;
type Write = (events: Repository<WebhookEvent>, event: NewEvent) => Promise<unknown>;

/** The two ways that one finds in applications. */
const WRITES = {
  insert: (events, event) =>
    events.createQueryBuilder().insert().values(event).orIgnore().execute(),
  save: (events, event) => events.save(event),
} satisfies Record<string, Write>;

const WRITE = Symbol('write');

@Controller('webhooks')
class HandWrittenController {
  constructor(
    @InjectRepository(WebhookEvent) private readonly events: Repository<WebhookEvent>,
    @Inject(WRITE) private readonly write: Write,
  ) {}

  @Post('armalo')
  @HttpCode(200)
  @UseGuards(HmacGuard)
  async receive(@Body(new ValidationPipe({ transform: true })) dto: WebhookDto) {
    const body = JSON.stringify(dto);
    const id = createHash('sha256').update(body).digest('hex');
    await this.write(this.events, { id, name: dto.event, body });
    return { received: true };
  }
}

/** What one writes in an afternoon: a guard, a validated DTO, one write a request. */
export function handWrittenModule(
  database: DataSourceOptions,
  way: keyof typeof WRITES,
): DynamicModule {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, entities: [WebhookEvent], synchronize: true }),
      TypeOrmModule.forFeature([WebhookEvent]),
    ],
    controllers: [HandWrittenController],
    providers: [{ provide: WRITE, useValue: WRITES[way] }],
  })
  class HandWrittenModule {}
  return { module: HandWrittenModule };
}
