import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A picture that was asked of Armox; its id is the id of the Armox job. */
@Entity('render')
export class Render {
  @PrimaryColumn({ type: 'varchar', length: 200 })
  id: string;

  /** As Armox names it: pending, processing, completed, failed or cancelled. */
  @Column({ type: 'varchar', length: 40 })
  status: string;

  /** Null for a job that this app did not ask for. */
  @Column({ type: 'text', nullable: true })
  prompt: string | null;

  @Column({ type: 'text', nullable: true })
  image: string | null;
}
