import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';

/** One row per violated pact. Nothing but the id is unique, so that a doubled effect would show. */
@Entity('violation')
export class Violation {
  @PrimaryGeneratedColumn()
  id: number;

  @Column({ name: 'event_id', type: 'varchar', length: 500 })
  eventId: string;

  @Column({ name: 'pact_id', type: 'varchar', length: 200, nullable: true })
  pactId: string | null;

  @Column({ name: 'agent_id', type: 'varchar', length: 200, nullable: true })
  agentId: string | null;
}
