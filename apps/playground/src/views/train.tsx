export function TrainView() {
  return <p class="boot">Coming.</p>;
}
