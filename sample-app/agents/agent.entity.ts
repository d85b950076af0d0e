import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An AI agent, and how far Armalo says that it can be trusted. */
@Entity('agent')
export class Agent {
  @PrimaryColumn({ name: 'agent_id', type: 'varchar', length: 200 })
  agentId: string;

  /** 0 to 1000; null until a score has come. */
  @Column({ name: 'composite_score', type: 'double precision', nullable: true })
  compositeScore: number | null;

  @Column({ type: 'varchar', length: 40, nullable: true })
  tier: string | null;

  /** The sender's time of that score, so that a late older one does not overwrite it. */
  @Column({ name: 'scored_at', type: 'varchar', length: 40, nullable: true })
  scoredAt: string | null;

  @Column({ name: 'last_eval_id', type: 'varchar', length: 200, nullable: true })
  lastEvalId: string | null;

  /** `completed` or `failed`, as the last evaluation's event says. */
  @Column({ name: 'last_eval_status', type: 'varchar', length: 40, nullable: true })
  lastEvalStatus: string | null;
}
