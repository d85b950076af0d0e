import * as library from 'nestjs-armox-armalo';
import * as source from '../../lib/source/index.js';
import * as testing from '../../lib/testing/index.js';

/** A name that goes, or comes by accident, is seen here first. */
it('exports these names, and no others', () => {
  expect(Object.keys(library).sort()).toMatchSnapshot('nestjs-armox-armalo');
  expect(Object.keys(source).sort()).toMatchSnapshot('nestjs-armox-armalo/source');
  expect(Object.keys(testing).sort()).toMatchSnapshot('nestjs-armox-armalo/testing');
});
