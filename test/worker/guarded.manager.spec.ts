import 'reflect-metadata';
import { afterAll, expect, it } from '@jest/globals';
import { DataSource, EntitySchema, type EntityManager } from 'typeorm';
import { guardedManager } from '../../lib/worker/dispatch/guarded.manager.js';
import { availableDatabases, describeOn, type TestDatabase } from '../databases.js';

interface Note {
  id: number;
  text: string;
}
const NoteEntity = new EntitySchema<Note>({
  name: 'Note',
  columns: { id: { type: Number, primary: true }, text: { type: String } },
});

for (const kind of await availableDatabases()) {
  describeOn(kind, 'the manager of a transactional handler', () => {
    let database: TestDatabase | undefined;
    let dataSource: DataSource | undefined;

    afterAll(async () => {
      await dataSource?.destroy();
      await database?.drop();
    });

    it('is the transaction in every way TypeORM knows, and refuses once the handler has ended', async () => {
      database = await kind.create();
      dataSource = await new DataSource({
        ...database.options,
        entities: [NoteEntity],
        synchronize: true,
      }).initialize();

      let ended: Error | undefined;
      let late: EntityManager | undefined;
      const rolledBack = new Error('rolled back');
      await dataSource
        .transaction(async (given) => {
          await given.insert(NoteEntity, { id: 1, text: 'undone' });
          throw rolledBack;
        })
        .catch((error: unknown) => expect(error).toBe(rolledBack));

      const builder = await dataSource.transaction(async (given) => {
        const manager = (late = guardedManager(given, 'A.b', () => ended));
        await manager.save(NoteEntity, { id: 2, text: 'saved' });
        await manager.getRepository(NoteEntity).update({ id: 2 }, { text: 'updated' });
        await manager.transaction((nested) => nested.insert(NoteEntity, { id: 3, text: 'nested' }));
        await manager
          .transaction(async (nested) => {
            await nested.insert(NoteEntity, { id: 4, text: 'undone' });
            throw rolledBack;
          })
          .catch(() => undefined);
        expect(await manager.count(NoteEntity)).toBe(2);
        ended = new Error('over');
        return manager.createQueryBuilder(NoteEntity, 'note').delete();
      });

      expect(await dataSource.manager.find(NoteEntity, { order: { id: 'ASC' } })).toEqual([
        { id: 2, text: 'updated' },
        { id: 3, text: 'nested' },
      ]);
      await expect(late?.save(NoteEntity, { id: 5, text: 'late' })).rejects.toBe(ended);
      await expect(late?.getRepository(NoteEntity).delete({ id: 2 })).rejects.toBe(ended);
      await expect(late?.queryRunner?.manager.clear(NoteEntity)).rejects.toBe(ended);
      await expect(builder.execute()).rejects.toBe(ended);
      expect(await dataSource.manager.count(NoteEntity)).toBe(2);
    });
  });
}
