import type {
  Calibration,
  CalibrationMeasurements,
  CalibrationPoint,
  Curve,
  Seat,
  TravelCurves,
} from './calibration.ts';

/** What is known beforehand rather than measured. */
export type CalibrationFacts = Pick<Calibration, 'combination' | 'threads' | 'marginFactor' | 'marginBytes'>;

/** The figures of a calibration from its measurements: the middle of several processes, and differences between models. */
export function deriveCalibration(facts: CalibrationFacts, measured: CalibrationMeasurements): Calibration {
  const idleBytes = middle(measured.inline, 'readyBytes');
  const { trees, treeNodes, treeMakingBytes, treeListBytes } = measured;
  const treeBytes = middle(trees, 'readyBytes') - idleBytes - treeListBytes;
  const treePeak = middle(trees, 'createPeakBytes') - middle(trees, 'readyBytes');
  return {
    ...facts,
    idleBytes,
    nodeBytes: Math.round((middle(measured.chain, 'readyBytes') - idleBytes) / measured.chainNodes),
    javascriptSteadyBytes: middle(measured.inline, 'runPeakBytes') - idleBytes,
    workerReadyBytes: middle(measured.worker, 'readyBytes') - idleBytes,
    workerBytes: middle(measured.worker, 'runPeakBytes') - middle(measured.inline, 'runPeakBytes'),
    travel: { inline: curvesOf('inline', measured), worker: curvesOf('worker', measured) },
    textBytes: measured.mappedBytes,
    healthCheckBytes: measured.healthCheckBytes,
    treeNodeBytes: Math.round(treeBytes / treeNodes),
    treeCreateBytes: Math.round((treePeak - treeMakingBytes) / treeNodes),
    measured,
  };
}

/**
 * How much more the smallest tensors take than none, of which they can take nothing: V8 has chanced to compile more. The curves go
 * by what processes took that had.
 */
function chanceOf(seat: Seat, measured: CalibrationMeasurements): number {
  const points = measured.travels.filter(
    (point) => point.seat === seat && point.travel === 'binary' && point.direction === 'request',
  );
  const smallest = Math.min(...points.map(({ tensorBytes }) => tensorBytes));
  const peaks = points.filter(({ tensorBytes }) => tensorBytes === smallest).map(({ runPeakBytes }) => runPeakBytes);
  return Math.max(0, middleOf(peaks) - smallest - middle(measured[seat], 'runPeakBytes'));
}

function curvesOf(seat: Seat, measured: CalibrationMeasurements): Readonly<Record<'json' | 'binary', TravelCurves>> {
  const base = middle(measured[seat], 'runPeakBytes') + chanceOf(seat, measured);
  const curve = (
    travel: 'json' | 'binary',
    direction: 'request' | 'answer',
    of: (peaks: number[]) => number,
  ): Curve => {
    const points = measured.travels.filter(
      (point) => point.seat === seat && point.travel === travel && point.direction === direction,
    );
    const sizes = [...new Set(points.map(({ tensorBytes }) => tensorBytes))].sort((a, b) => a - b);
    // Less for more bytes is chance.
    let most = 0;
    return sizes.map((bytes) => {
      const peaks = points.filter(({ tensorBytes }) => tensorBytes === bytes).map(({ runPeakBytes }) => runPeakBytes);
      most = Math.max(most, of(peaks.map((peak) => peak - base - bytes)), 0);
      return [bytes, most] as const;
    });
  };
  const curves = (travel: 'json' | 'binary') => ({
    request: curve(travel, 'request', middleOf),
    answer: curve(travel, 'answer', middleOf),
    requestSpread: curve(travel, 'request', spreadOf),
    answerSpread: curve(travel, 'answer', spreadOf),
  });
  return { json: curves('json'), binary: curves('binary') };
}

function middle(points: readonly CalibrationPoint[], of: keyof CalibrationPoint): number {
  return middleOf(points.map((point) => point[of]));
}

function middleOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

function spreadOf(values: readonly number[]): number {
  return Math.max(...values) - middleOf(values);
}
