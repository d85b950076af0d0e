import { BadRequestException, Body, Controller, Get, Post } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { Repository } from 'typeorm';
import { Render } from './render.entity.js';
import { RenderRequester } from './render.requester.js';

@Controller('renders')
export class RendersController {
  constructor(
    @InjectRepository(Render) private readonly renders: Repository<Render>,
    private readonly requester: RenderRequester,
  ) {}

  @Post()
  async create(@Body() body: { prompt?: unknown } | undefined) {
    const prompt = body?.prompt;
    if (typeof prompt !== 'string' || prompt.trim() === '') {
      throw new BadRequestException('Send {"prompt": "what to render"}.');
    }
    return this.requester.request(prompt);
  }

  @Get()
  list() {
    return this.renders.find({ order: { id: 'ASC' }, take: 200 });
  }
}
