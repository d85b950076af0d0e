import { Injectable, ServiceUnavailableException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { ArmoxJobs, ArmoxArmaloConfigurationError } from 'nestjs-armox-armalo';
import type { Repository } from 'typeorm';
import { Render } from './render.entity.js';

@Injectable()
export class RenderRequester {
  constructor(
    @InjectRepository(Render) private readonly renders: Repository<Render>,
    private readonly jobs: ArmoxJobs,
  ) {}

  async request(prompt: string): Promise<Render> {
    const job = await this.start(prompt);
    // Its event may have been quicker than this answer, and then the row is there with its status.
    await this.renders
      .createQueryBuilder()
      .insert()
      .values({ id: job.id, status: job.status, prompt, image: null })
      .orIgnore()
      .execute();
    await this.renders.update({ id: job.id }, { prompt });
    return this.renders.findOneByOrFail({ id: job.id });
  }

  private async start(prompt: string) {
    try {
      return await this.jobs.run({ modelId: 'google/nano-banana', input: { prompt } });
    } catch (error) {
      if (error instanceof ArmoxArmaloConfigurationError)
        throw new ServiceUnavailableException(error.message);
      throw error;
    }
  }
}
