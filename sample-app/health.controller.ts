import { Controller, Get, ServiceUnavailableException } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { DataSource } from 'typeorm';

@Controller('health')
export class HealthController {
  constructor(@InjectDataSource() private readonly database: DataSource) {}

  @Get()
  async check() {
    try {
      await this.database.query('SELECT 1');
      return { status: 'ok' };
    } catch (cause) {
      throw new ServiceUnavailableException('The database does not answer.', { cause });
    }
  }
}
