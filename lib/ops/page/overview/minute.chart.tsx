import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

export interface MinuteChartProps {
  /** Charts of one group show the same minute. */
  readonly group: string;
  readonly minutes: readonly number[];
  readonly values: readonly number[];
  /** The custom property of CSS that has it. */
  readonly colour: string;
  /** Which of the minutes is pointed at; undefined where none is. */
  readonly onPoint: (index: number | undefined) => void;
}

const HEIGHT = 48;
/** Events per minute that the field has room for at least. */
const LEAST_HEIGHT = 5;
const darkness = matchMedia('(prefers-color-scheme: dark)');

/** Bars per minute. What it shows is told by the caption and by the table. */
export function MinuteChart({ group, minutes, values, colour, onPoint }: MinuteChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot>(undefined);
  const data: uPlot.AlignedData = [minutes.map((at) => at / 1_000), values as number[]];

  useEffect(() => {
    const element = place.current as HTMLDivElement;
    const plot = new uPlot(optionsOf(element, group, colour, onPoint), data, element);
    chart.current = plot;
    const sizes = new ResizeObserver(() =>
      plot.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    sizes.observe(element);
    const redraw = (): void => plot.redraw();
    darkness.addEventListener('change', redraw);
    return () => {
      sizes.disconnect();
      darkness.removeEventListener('change', redraw);
      plot.destroy();
    };
  }, [group, colour]);

  useEffect(() => chart.current?.setData(data), [minutes, values]);

  return <div ref={place} class="chart" aria-hidden="true" />;
}

function optionsOf(
  element: HTMLElement,
  group: string,
  colour: string,
  onPoint: MinuteChartProps['onPoint'],
): uPlot.Options {
  const colourNow = (): string => getComputedStyle(element).getPropertyValue(colour);
  const bars = uPlot.paths.bars?.({ size: [0.75, 12], align: 1 });
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [2, 0, 0, 0],
    legend: { show: false },
    cursor: {
      y: false,
      points: { show: false },
      drag: { setScale: false, x: false },
      sync: { key: group },
    },
    axes: [{ show: false }, { show: false }],
    scales: {
      // The last minute has as much room as the others, and few events do not look like many.
      x: { range: (_plot, min, max) => [min, max + 60] },
      y: { range: (_plot, _min, max) => [0, Math.max(LEAST_HEIGHT, max)] },
    },
    series: [
      {},
      {
        fill: colourNow,
        width: 0,
        points: { show: false },
        ...(bars && { paths: bars }),
      },
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? undefined)] },
  };
}
