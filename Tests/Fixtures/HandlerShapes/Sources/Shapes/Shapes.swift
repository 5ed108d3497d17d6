import Carillon
import CarillonCLI

@main struct Shapes: CarillonApp {}
