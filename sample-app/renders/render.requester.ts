import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArmoxClient } from 'nestjs-armox-armalo';
import type { Repository } from 'typeorm';
import { PublicUrl } from '../public-url.js';
import { Render } from './render.entity.js';

@Injectable()
export class RenderRequester {
  constructor(
    @InjectRepository(Render) private readonly renders: Repository<Render>,
    private readonly armox: ArmoxClient,
    private readonly publicUrl: PublicUrl,
  ) {}

  async request(prompt: string): Promise<Render> {
    const job = await this.armox.runModel({
      model: 'google/nano-banana',
      input: { prompt },
      webhookUrl: this.publicUrl.of('/webhooks/armox'),
    });
    // The webhook may have been quicker than this answer, and then the row is there with its status.
    await this.renders
      .createQueryBuilder()
      .insert()
      .values({ id: job.id, status: job.status, prompt, image: null })
      .orIgnore()
      .execute();
    await this.renders.update({ id: job.id }, { prompt });
    return this.renders.findOneByOrFail({ id: job.id });
  }
}
