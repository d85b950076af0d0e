import { IsISO8601, IsObject, IsString } from 'class-validator';

/** What one writes by hand to have a body's shape checked. */
export class WebhookDto {
  @IsString()
  event: string;

  @IsISO8601()
  timestamp: string;

  @IsObject()
  data: Record<string, unknown>;
}
