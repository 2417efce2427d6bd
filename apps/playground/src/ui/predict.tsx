import { useState } from 'preact/hooks';

interface PredictProps {
  readonly question: string;
  readonly options: readonly string[];
  /** Place of the right one. */
  readonly answer: number;
  readonly because: string;
}

/** A question before one looks: who has guessed reads the answer better. */
export function Predict({ question, options, answer, because }: PredictProps) {
  const [guess, setGuess] = useState<number>();
  const [hidden, setHidden] = useState(false);
  if (hidden) return null;
  return (
    <section class="predict" aria-label="A question before you look">
      <div class="predict-head">
        <strong>Guess first</strong>
        <button type="button" class="quiet-button" onClick={() => setHidden(true)}>
          Skip
        </button>
      </div>
      <p>{question}</p>
      <div class="segments guesses" role="group" aria-label={question}>
        {options.map((option, i) => (
          <button
            key={option}
            type="button"
            aria-pressed={guess === i}
            class={guess === undefined ? '' : i === answer ? 'right' : guess === i ? 'wrong' : ''}
            onClick={() => setGuess(i)}
          >
            {option}
            {guess !== undefined && i === answer ? ' ✓' : ''}
          </button>
        ))}
      </div>
      <p role="status" class="because">
        {guess === undefined ? '' : `${guess === answer ? 'Right.' : 'Not quite.'} ${because}`}
      </p>
    </section>
  );
}
