import { describeOn, testDatabase } from '../databases.js';
import { bench, storeSuite } from './store-suite.js';

const database = await testDatabase('sqlite');

describeOn(database, 'the inbox store', () => {
  storeSuite(bench(database));
});
