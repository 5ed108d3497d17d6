import Carillon
import CarillonCLI

@main struct Newsroom: CarillonApp {}
