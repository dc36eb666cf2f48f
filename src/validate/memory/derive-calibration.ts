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
  const treeOf = (of: keyof CalibrationPoint) => round2((middle(measured.trees, of) - idleBytes) / measured.treeBytes);
  return {
    ...facts,
    idleBytes,
    nodeBytes: Math.round((middle(measured.chain, 'readyBytes') - idleBytes) / measured.chainNodes),
    javascriptSteadyBytes: middle(measured.inline, 'runPeakBytes') - idleBytes,
    workerBytes: middle(measured.worker, 'runPeakBytes') - middle(measured.inline, 'runPeakBytes'),
    travel: { inline: curvesOf('inline', measured), worker: curvesOf('worker', measured) },
    textBytes: measured.mappedBytes,
    healthCheckBytes: measured.healthCheckBytes,
    treeSteadyFactor: treeOf('readyBytes'),
    treeCreateFactor: treeOf('createPeakBytes'),
    measured,
  };
}

function curvesOf(seat: Seat, measured: CalibrationMeasurements): Readonly<Record<'json' | 'binary', TravelCurves>> {
  const curve = (travel: 'json' | 'binary', direction: 'request' | 'answer'): Curve => {
    const base = middle(measured[seat], 'runPeakBytes');
    const points = measured.travels
      .filter((point) => point.seat === seat && point.travel === travel && point.direction === direction)
      .sort((a, b) => a.tensorBytes - b.tensorBytes)
      .map(({ tensorBytes, runPeakBytes }) => [tensorBytes, Math.max(0, runPeakBytes - base - tensorBytes)] as const);
    // What garbage is left differs from run to run; less for more bytes is chance.
    let most = 0;
    return points.map(([bytes, extra]) => {
      most = Math.max(most, extra);
      return [bytes, most] as const;
    });
  };
  const curves = (travel: 'json' | 'binary') => ({
    request: curve(travel, 'request'),
    answer: curve(travel, 'answer'),
  });
  return { json: curves('json'), binary: curves('binary') };
}

function middle(points: readonly CalibrationPoint[], of: keyof CalibrationPoint): number {
  const values = points.map((point) => point[of]).sort((a, b) => a - b);
  return values[Math.floor(values.length / 2)] ?? Number.NaN;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}
