import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import {
  Body,
  Controller,
  HttpCode,
  Injectable,
  Module,
  Post,
  UnauthorizedException,
  UseGuards,
  ValidationPipe,
  type CanActivate,
  type DynamicModule,
  type ExecutionContext,
  type RawBodyRequest,
} from '@nestjs/common';
import { InjectRepository, TypeOrmModule } from '@nestjs/typeorm';
import { IsISO8601, IsObject, IsString } from 'class-validator';
import type { IncomingMessage } from 'node:http';
import { Column, CreateDateColumn, Entity, PrimaryColumn, Repository } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { SECRET } from '../samples.js';

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

class WebhookDto {
  @IsString()
  event: string;

  @IsISO8601()
  timestamp: string;

  @IsObject()
  data: Record<string, unknown>;
}

@Injectable()
class HmacGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<RawBodyRequest<IncomingMessage>>();
    const given = Buffer.from(String(request.headers['x-armalo-signature']), 'hex');
    const expected = createHmac('sha256', SECRET)
      .update(request.rawBody ?? '')
      .digest();
    if (given.length === expected.length && timingSafeEqual(given, expected)) return true;
    throw new UnauthorizedException();
  }
}

@Controller('webhooks')
class HandWrittenController {
  constructor(@InjectRepository(WebhookEvent) private readonly events: Repository<WebhookEvent>) {}

  @Post('armalo')
  @HttpCode(200)
  @UseGuards(HmacGuard)
  async receive(@Body(new ValidationPipe({ transform: true })) dto: WebhookDto) {
    const body = JSON.stringify(dto);
    const id = createHash('sha256').update(body).digest('hex');
    await this.events
      .createQueryBuilder()
      .insert()
      .values({ id, name: dto.event, body })
      .orIgnore()
      .execute();
    return { received: true };
  }
}

/** What one writes in an afternoon: a guard, a validated DTO, one INSERT a request. */
export function handWrittenModule(database: DataSourceOptions): DynamicModule {
  @Module({
    imports: [
      TypeOrmModule.forRoot({ ...database, entities: [WebhookEvent], synchronize: true }),
      TypeOrmModule.forFeature([WebhookEvent]),
    ],
    controllers: [HandWrittenController],
  })
  class HandWrittenModule {}
  return { module: HandWrittenModule };
}
