import { registerDecorator } from 'class-validator';
import { isJsonObject } from '../../../core/index.js';

/** An object whose values are all finite numbers, whatever its keys. */
export function IsNumberRecord(): PropertyDecorator {
  return (target, key) =>
    registerDecorator({
      name: 'isNumberRecord',
      target: target.constructor,
      propertyName: String(key),
      validator: {
        validate: (value: unknown) =>
          isJsonObject(value) && Object.values(value).every((each) => Number.isFinite(each)),
      },
    });
}
