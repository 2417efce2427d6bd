export function MasksView() {
  return <p class="boot">Coming.</p>;
}
