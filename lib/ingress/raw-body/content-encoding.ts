import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import {
  BadRequestException,
  PayloadTooLargeException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';

type Decoder = (bytes: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const decoders = new Map<string, Decoder>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', promisify(inflate)],
  ['br', promisify(brotliDecompress)],
]);

/**
 * Undoes a Content-Encoding.
 * @param limit largest result in bytes, enforced while decoding
 * @throws UnsupportedMediaTypeException (415), BadRequestException (400), PayloadTooLargeException (413)
 */
export async function decodeContent(
  wire: Buffer,
  encoding: string,
  limit: number,
): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === '' || name === 'identity') return wire;
  const decoder = decoders.get(name);
  if (!decoder) throw new UnsupportedMediaTypeException('The Content-Encoding is not supported.');
  if (wire.length === 0) return wire;
  try {
    // zlib refuses 0 as maxOutputLength.
    return await decoder(wire, { maxOutputLength: Math.max(1, limit) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new PayloadTooLargeException();
    }
    throw new BadRequestException('The body is not what its Content-Encoding says.');
  }
}
