import * as library from 'nestjs-armox-armalo';
import * as testing from '../../lib/testing/index.js';

/** A name that goes, or comes by accident, is seen here first. */
it('exports these names, and no others', () => {
  expect(Object.keys(library).sort()).toMatchSnapshot('nestjs-armox-armalo');
  expect(Object.keys(testing).sort()).toMatchSnapshot('nestjs-armox-armalo/testing');
});
