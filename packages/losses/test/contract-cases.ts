import { type CheckLossOptions } from '@segloss/losses/testing';

/** What a loss declares of itself where the general contract does not hold. */
export const contractOptions: Readonly<Record<string, CheckLossOptions>> = {
  lovasz: { gradientTolerance: 0.2 }, // piecewise linear: a finite difference crosses kinks
};

/** Options that lead through other code than the defaults. */
export const contractSpecs: readonly string[] = [
  'ce(labelSmoothing=0.1)',
  'ce(aggregation=perImage)',
  'bce(positiveWeight=3)',
  'focal(gamma=0)',
  'focal(gamma=0.5)',
  'focal(activation=sigmoid,classReduction=sum)',
  'focal(activation=sigmoid,alpha=0.25)',
  'dice(smooth=0)',
  'dice(smooth=0,aggregation=perBatch,absentClass=zero)',
  'dice(squared=true)',
  'dice(smooth=0,absentClass=skip)',
  'dice(smooth=0,absentClass=penalize)',
  'log-dice(smooth=0,absentClass=zero)',
  'dice(aggregation=micro,absentClass=penalize)',
  'dice(smooth=0.00001,smoothDenominator=0.001,floor=0.01)',
  'jaccard(log=true,smooth=0)',
  'jaccard(squared=true,aggregation=perBatch)',
  'tversky(alpha=0.3,beta=0.7,smooth=0,absentClass=skip)',
  'tversky(log=true)',
  'focal-tversky(powerOf=mean,gamma=1.5)',
  'focal-tversky(smooth=0,absentClass=zero)',
  'log-cosh-dice(appliedTo=mean)',
  'gdice(emptyWeight=max,smooth=0.00001)',
  'gdice(weighting=simple,aggregation=perBatch,complement=false,emptyWeight=0.01)',
  'gdice(weighting=uniform,activation=sigmoid)',
  'penalty-gdice(penalty=1)',
  'mcc(aggregation=micro)',
  'sensitivity-specificity(sensitivityWeight=0.5,aggregation=perBatch,absentClass=skip)',
  'sensitivity-specificity(aggregation=micro)',
  'lovasz(aggregation=perBatch)',
  'lovasz(joint=true,absentClass=smooth)',
  'noise-robust-dice(gamma=1)',
  'l1(temperature=10)',
  'l1(classReduction=sum)',
  'kl(temperature=10)',
  'dice-bias(temperature=3)',
  'l2(temperature=10,classReduction=sum)',
  'reverse-kl(temperature=2)',
  'js(temperature=3)',
  'size-bounds(unit=proportion,lower=0.9,upper=1)',
  'ce + 0.5*dice + l1(temperature=10) + kl(temperature=2)',
];
