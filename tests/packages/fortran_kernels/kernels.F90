#ifndef KIND
#define KIND 0
#endif

function kind_of_fortran() bind(c, name="kind_of_fortran") result(kind)
  use, intrinsic :: iso_c_binding, only: c_int
  implicit none
  integer(c_int) :: kind
  kind = KIND
end function

! A compiler makes of the loop what the processor has: FMA at level v3.
subroutine add_scaled(count, factor, x, y) bind(c, name="add_scaled")
  use, intrinsic :: iso_c_binding, only: c_double, c_int
  implicit none
  integer(c_int), value :: count
  real(c_double), value :: factor
  real(c_double), intent(in) :: x(count)
  real(c_double), intent(inout) :: y(count)
  integer :: i
  do i = 1, count
    y(i) = y(i) + factor * x(i)
  end do
end subroutine
