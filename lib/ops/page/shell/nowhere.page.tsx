import { hrefTo } from '../client/route.js';
import { Heading } from '../parts/heading.js';

export function NowherePage() {
  return (
    <>
      <Heading title="There is no such view" />
      <p>
        The <a href={hrefTo('overview')}>overview</a> has links to all there are.
      </p>
    </>
  );
}
