export function CardView() {
  return <p class="boot">Coming.</p>;
}
